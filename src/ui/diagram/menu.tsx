import type { JSX } from 'react';
import type { Frame, LinkSummary } from '#session/port.ts';
import { chooseSchedule, clockFaults, diskFaults, hostFaults, linkFaults, processFaults, send, type Fault } from '../stores/faults.ts';
import { closeMenu, useMenu, type MenuTarget } from '../stores/menu.ts';
import { port, useSession } from '../stores/session.ts';
import { openTerminal, typeLine } from '../stores/terminals.ts';
import { useText } from '../text/index.ts';
import { linkBetween } from './drawing.ts';
import { aboutFaults } from './marks.tsx';
import { Menu, type MenuGroup, type MenuItem } from '../widgets/menu.tsx';

type Text = ReturnType<typeof useText>;

/** What can be done to a thing of the diagram. */
export function FaultMenu(): JSX.Element | null {
  const t = useText();
  const menu = useMenu((state) => state.menu);
  if (menu === undefined) return null;
  const { frame } = useSession.getState();
  if (frame === undefined) return null;
  return <Menu label={t('actions')} at={menu.at} groups={groupsOf(menu.target, frame, t)} close={closeMenu} opener={menu.opener} />;
}

const itemOf = (fault: Fault, t: Text): MenuItem => ({ label: t(fault.key, fault.values), run: () => send(fault) });
/** A kubectl command as a line of a menu: it is typed in the terminal that is shown. */
const typed = (label: string, line: string): MenuItem => ({ label, about: [line], run: () => typeLine(line) });

function groupsOf(target: MenuTarget, frame: Frame, t: Text): readonly MenuGroup[] {
  switch (target.type) {
    case 'process': {
      const runs = frame.processes.some((process) => process.address === target.address);
      const host = target.address.slice(0, target.address.indexOf('/'));
      return [
        { title: target.address, items: [...processItems(target.address, runs, t), ...deeperItems(target.address, frame, t)] },
        { items: linkItems(host, frame, t) },
      ];
    }
    case 'host':
      return hostGroups(target.host, frame, t);
    case 'client': {
      const user = frame.terminals.find((terminal) => terminal.id.startsWith(`${target.host}/`))?.user ?? target.host;
      const another = { label: t('anotherWindow', { user }), run: () => openTerminal(user) };
      return [{ title: target.host, items: [another, ...linkItems(target.host, frame, t)] }];
    }
    case 'pod': {
      const { namespace, name } = target;
      const inspected = { type: 'object', resource: 'pods', namespace, name } as const;
      return [
        { title: name, items: [{ label: t('lookInside'), run: () => port.send({ type: 'inspect', target: inspected }) }] },
        {
          items: [
            typed(t('describe'), `kubectl describe pod ${name} -n ${namespace}`),
            typed(t('logs'), `kubectl logs ${name} -n ${namespace}`),
            typed(t('delete'), `kubectl delete pod ${name} -n ${namespace}`),
          ],
        },
      ];
    }
  }
}

function processItems(address: string, runs: boolean, t: Text): readonly MenuItem[] {
  const look: MenuItem = { label: t('lookInside'), run: () => port.send({ type: 'inspect', target: { type: 'process', address } }) };
  return [...(runs ? [look] : []), ...processFaults(address, runs).map((fault) => itemOf(fault, t))];
}

/** Programs of the control plane: what keeps something on a disk, and whose clock matters. */
const withDisk = /\/etcd$/;
const withClock = /\/(?:etcd|kube-apiserver|kube-scheduler|kube-controller-manager|kubelet)$/;

/** What can be done to what a process runs on. */
function deeperItems(address: string, { faults }: Frame, t: Text): readonly MenuItem[] {
  const all = (list: readonly Fault[]): readonly MenuItem[] => list.map((fault) => itemOf(fault, t));
  const about = aboutFaults(address, faults, t);
  return [
    ...(withDisk.test(address) ? [{ label: t('disk'), about: about.disk, items: all(diskFaults(address, faults)) }] : []),
    ...(withClock.test(address) ? [{ label: t('clock'), about: about.clock, items: all(clockFaults(address, faults)) }] : []),
  ];
}

function linkItems(host: string, { hosts, links, faults }: Frame, t: Text): readonly MenuItem[] {
  const others = hosts.filter(({ name }) => name !== host);
  if (others.length === 0) return [];
  const whole = hostFaults(host, faults).map((fault) => itemOf(fault, t));
  const items = others.map(({ name }) => {
    const link = linkBetween(links, host, name);
    return { label: name, about: aboutLink(link, t), items: linkFaults([host, name], link).map((fault) => itemOf(fault, t)) };
  });
  return [{ label: t('links', { host }), items }, ...whole];
}

/** What is wrong with a link, in words. */
function aboutLink(link: LinkSummary | undefined, t: Text): readonly string[] {
  if (link === undefined) return [];
  if (link.cut) return [t('linkCut')];
  return [
    ...(link.latencyMs === undefined ? [] : [t('linkSlow', { ms: link.latencyMs })]),
    ...(link.loss === 0 ? [] : [t('linkLossy', { percent: Math.round(link.loss * 100) })]),
  ];
}

function hostGroups(host: string, frame: Frame, t: Text): readonly MenuGroup[] {
  const { unschedulable = false } = frame.hosts.find((item) => item.name === host) ?? {};
  const parts = ['kubelet', 'container-runtime'].map((name) => {
    const address = `${host}/${name}`;
    const runs = frame.processes.some((process) => process.address === address);
    return { label: name, items: processItems(address, runs, t) };
  });
  return [
    { title: host, items: [...parts, ...linkItems(host, frame, t)] },
    {
      items: [
        typed(t(unschedulable ? 'uncordon' : 'cordon'), `kubectl ${unschedulable ? 'uncordon' : 'cordon'} ${host}`),
        typed(t('drain'), `kubectl drain ${host} --ignore-daemonsets --force`),
        itemOf({ key: 'addNode', action: { type: 'add-node' } }, t),
        { label: t('faultSchedule'), about: [t('faultScheduleAbout')], run: chooseSchedule },
      ],
    },
  ];
}
