// Who looks at what lanes assemble: the terminal's live view, and the dashboard while a page is open. Pollers tell it as long as one does.

export interface LaneWatch {
  /** For one who looks. Being told twice is being told once. */
  watcher(): (isOn: boolean) => void;
  /** Says how it is now, whether or not it has changed. */
  tell(): void;
}

export function createLaneWatch(say: (isOn: boolean) => void): LaneWatch {
  const looking = new Set<object>();
  return {
    watcher() {
      const own = {};
      return (isOn) => {
        const before = looking.size > 0;
        if (isOn) looking.add(own);
        else looking.delete(own);
        if (looking.size > 0 !== before) say(looking.size > 0);
      };
    },
    tell: () => say(looking.size > 0),
  };
}
