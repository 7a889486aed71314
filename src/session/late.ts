/** What a session can do without until somebody asks: that of the cluster, and the answers for the views besides the diagram. */
import '#cluster/late.ts';
import { answerView } from './views/index.ts';
import { viewAnswers } from './views/provided.ts';

viewAnswers.provide(answerView);
