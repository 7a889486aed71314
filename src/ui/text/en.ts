/** Every text of the page. A key that another language lacks fails the type check. */
export const en = {
  tagline: 'A whole Kubernetes cluster, really running, with time as a handle',
  play: 'Play', pause: 'Pause', stepBack: 'Step back', step: 'Step forward', toNow: 'To the newest moment',
  tempo: 'Tempo', readable: 'Readable', realTime: 'Real time', fast: '×20', fastest: 'As fast as possible',
  newCluster: 'New cluster', cluster: 'Cluster', theme: 'Light or dark', background: 'Background traffic',
  terminal: 'Terminal', inspector: 'Inspector', typeCommand: 'type a command, or try one:',
  nothingSelected: 'Click a component or a packet to look inside.',
  state: 'State', recent: 'Recent events', request: 'Request', response: 'Response', gates: 'Gates', why: 'Why?', close: 'Close',
  message: 'Message', before: 'Before', after: 'After', pods: 'pods', empty: 'nothing yet', inPast: 'You are in the past; a command here starts a branch.',
  branch: 'Branch', keyspace: 'etcd keyspace', timeline: 'Timeline', live: 'What happens',
  authentication: 'authentication', authorization: 'authorization', mutating: 'mutating', schema: 'schema', validating: 'validating', storage: 'storage',
  problemSave: 'The saved session could not be read ({place}). A new cluster was started; the saved text was kept.',
  problemOther: 'Something went wrong: {code}', loading: 'Starting the cluster…', stop: 'Stop', start: 'Start', watchers: '{count} watches open', editorSave: 'Save', editorCancel: 'Cancel',
  lessons: 'Lessons', lessonDone: 'done', lessonMinutes: 'about {minutes} minutes', lessonLeave: 'Leave the lesson', lessonBack: 'Back', lessonNext: 'Next', lessonSkip: 'Show me',
  lessonBelief: 'Many believe:', lessonPlaying: 'Watch the picture…', lessonHint: 'A hint', lessonSolution: 'A solution:', lessonRight: '{answer}, as you said.', lessonWrong: 'You said {guess}; it is {answer}.',
  revision: 'Revision', newest: 'newest', filterKeys: 'Filter keys', allKeys: 'All keys', lastWrite: 'What the last write changed', value: 'Value', changed: 'What the gates changed', identity: 'Identity',
  ownedBy: 'owned by', manifest: 'Manifest', history: 'History', events: 'Events', notThere: 'It does not exist at this moment.',
  stopProcess: 'Stop (SIGTERM)', killProcess: 'Kill (SIGKILL)', startProcess: 'Start', cutLink: 'Cut the link to the control plane', healLink: 'Heal the link', addNode: 'Add a node',
  happened: '{from} → {to}: {label}',
} as const;

export type TextKey = keyof typeof en;
