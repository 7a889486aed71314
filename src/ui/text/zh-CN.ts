import type { TextKey } from './en.ts';

export const zhCN: Readonly<Record<TextKey, string>> = {
  tagline: '一个真正在运行的 Kubernetes 集群，时间由你掌握',
  play: '播放', pause: '暂停', stepBack: '后退一步', step: '前进一步', toNow: '回到最新时刻',
  tempo: '节奏', readable: '便于观看', realTime: '实时', fast: '×20', fastest: '尽可能快',
  newCluster: '新建集群', cluster: '集群', theme: '浅色或深色', background: '后台流量',
  terminal: '终端', inspector: '检视', typeCommand: '输入命令，或者试试：',
  nothingSelected: '点击一个组件或一条消息，看看里面发生了什么。',
  state: '状态', recent: '最近的事件', request: '请求', response: '响应', gates: '关卡', why: '为什么？', close: '关闭',
  message: '消息', before: '之前', after: '之后', pods: '个 Pod', empty: '还没有', inPast: '你正处在过去；在这里输入命令会开出一条分支。',
  branch: '分支', keyspace: 'etcd 键空间', timeline: '时间线', live: '正在发生',
  authentication: 'authentication', authorization: 'authorization', mutating: 'mutating', schema: 'schema', validating: 'validating', storage: 'storage',
  problemSave: '保存的会话无法读取（{place}）。已启动一个新集群，原来的内容仍然保留。',
  problemOther: '出了点问题：{code}', loading: '集群正在启动…', stop: '停止', start: '启动', watchers: '{count} 个 watch 打开着', editorSave: '保存', editorCancel: '取消',
  lessons: '课程', lessonDone: '已完成', lessonMinutes: '约 {minutes} 分钟', lessonLeave: '离开课程', lessonBack: '上一步', lessonNext: '下一步', lessonSkip: '直接看',
  lessonBelief: '常见的误解：', lessonPlaying: '请看图…', lessonHint: '给个提示', lessonSolution: '一种解法：', lessonRight: '{answer}，你说对了。', lessonWrong: '你选的是 {guess}，实际是 {answer}。',
  revision: '版本', newest: '最新', filterKeys: '筛选键', allKeys: '所有键', lastWrite: '最近一次写入改了什么', value: '值', changed: '各道关卡改了什么', identity: '身份',
  ownedBy: '所有者：', manifest: '清单', history: '历史', events: '事件', notThere: '此刻它并不存在。',
  stopProcess: '停止（SIGTERM）', killProcess: '强制终止（SIGKILL）', startProcess: '启动', cutLink: '切断与控制平面的连接', healLink: '恢复连接', addNode: '添加节点',
  happened: '{from} → {to}：{label}',
};
