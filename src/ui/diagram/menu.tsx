import { useEffect, useRef, type JSX } from 'react';
import { faultsOf, send, type Fault } from '../stores/faults.ts';
import { useSession } from '../stores/session.ts';
import { useText } from '../text/index.ts';

/** Where a menu was asked for, and for what: a box of the diagram. */
export interface MenuPlace {
  readonly x: number;
  readonly y: number;
  readonly box: string;
}

/** The processes that a box stands for. */
function addressesOf(box: string): readonly string[] {
  if (!box.startsWith('host ')) return box.includes('/') ? [box] : [];
  const host = box.slice('host '.length);
  return [`${host}/kubelet`, `${host}/container-runtime`];
}

/** What can be done to a thing of the diagram. */
export function FaultMenu({ place, close }: { readonly place: MenuPlace; readonly close: () => void }): JSX.Element {
  const t = useText();
  const element = useRef<HTMLDivElement>(null);
  const processes = useSession((state) => state.frame?.processes) ?? [];
  useEffect(() => {
    element.current?.querySelector('button')?.focus();
    const outside = (event: Event): void => void (element.current?.contains(event.target as globalThis.Node) === true || close());
    const escape = (event: KeyboardEvent): void => void (event.key === 'Escape' && close());
    window.addEventListener('pointerdown', outside);
    window.addEventListener('keydown', escape);
    return () => {
      window.removeEventListener('pointerdown', outside);
      window.removeEventListener('keydown', escape);
    };
  }, [close]);
  const choose = (fault: Fault): void => {
    send(fault);
    close();
  };
  const addresses = addressesOf(place.box);
  return (
    <div className="menu" role="menu" ref={element} style={{ left: place.x, top: place.y }}>
      {addresses.map((address, index) => {
        const faults = faultsOf(
          address,
          processes.some((process) => process.address === address),
        ).filter((fault) => index === 0 || !/Link$/.test(fault.key));
        return (
          <section key={address}>
            <b>{address}</b>
            {faults.map((fault) => (
              <button key={fault.key} type="button" role="menuitem" onClick={() => choose(fault)}>
                {t(fault.key)}
              </button>
            ))}
          </section>
        );
      })}
      {place.box.startsWith('host ') ? (
        <button type="button" role="menuitem" onClick={() => choose({ key: 'addNode', action: { type: 'add-node' } })}>
          {t('addNode')}
        </button>
      ) : null}
    </div>
  );
}
