import { create } from 'zustand';

interface View {
  /** What the upper pane at the side shows. */
  readonly view: 'inspector' | 'keyspace';
  /** Whether only the present story is drawn, as a lesson may ask for. */
  readonly storyOnly: boolean;
}

/** What a lesson, too, may turn to. */
export const useView = create<View>(() => ({ view: 'inspector', storyOnly: false }));
