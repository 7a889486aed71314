/** Texts about several masters, and about what can be done to a cluster from outside. */
export const mastersEn = {
  haShape: 'ha: three masters, three workers',
} as const;

export const mastersZhCN: Readonly<Record<keyof typeof mastersEn, string>> = {
  haShape: 'ha：三个控制平面节点，三个工作节点',
};
