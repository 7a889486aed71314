/** Texts of the presentation and of its notes. */
export const presenterEn = {
  presentation: 'Presentation',
  beats: 'Beats',
  beatNow: 'shown now',
  notes: 'Notes',
  notesTitle: 'Notes – Kube Orrery',
  notesHere: 'For you',
  notesNext: 'Next',
  notesNone: 'Open a lesson: each of its beats has a note for whoever presents it.',
  notesTime: 'Since the presentation began',
  notesPlanned: 'of about {minutes} min',
  keyPresent: 'presents: large, without anything around; Escape ends it',
} as const;

export const presenterZh: Readonly<Record<keyof typeof presenterEn, string>> = {
  presentation: '演示',
  beats: '各拍',
  beatNow: '正在显示',
  notes: '备注',
  notesTitle: '备注 – Kube Orrery',
  notesHere: '给讲解者',
  notesNext: '接下来',
  notesNone: '请打开一课：每一拍都有给讲解者的备注。',
  notesTime: '演示已进行',
  notesPlanned: '预计约 {minutes} 分钟',
  keyPresent: '演示：放大显示，隐藏其他一切；按 Esc 结束',
};
