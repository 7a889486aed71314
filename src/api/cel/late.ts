import { Environment, Optional } from '@marcbachmann/cel-js';
import { engine } from './engine.ts';
import * as words from './errors.ts';
import { authorizer } from './library/authorizer.ts';
import { comprehensions } from './library/comprehensions.ts';
import { lists } from './library/lists.ts';
import { mutation } from './library/mutation.ts';
import { network } from './library/network.ts';
import { optional } from './library/optional.ts';
import { quantity } from './library/quantity.ts';
import { strings } from './library/strings.ts';
import { rewriteMessages } from './messages.ts';

engine.provide({
  Environment,
  Optional,
  libraries: [lists, strings, network, quantity, optional, comprehensions, authorizer],
  mutation,
  words,
  rewriteMessages,
});
