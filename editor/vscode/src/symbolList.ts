// Pure: the names in what a symbol provider answered.

const MOST = 2000;

export interface NamedSymbol {
  name: string;
  kind: number;
}

/** Every name once, those inside others included. */
export function flatten(items: unknown): NamedSymbol[] {
  const found = new Map<string, NamedSymbol>();
  const visit = (level: unknown): void => {
    for (const item of Array.isArray(level) ? (level as unknown[]) : []) {
      if (found.size >= MOST) return;
      if (typeof item !== 'object' || item === null) continue;
      const { name, kind, children } = item as Record<string, unknown>;
      if (typeof name === 'string' && name !== '' && typeof kind === 'number') {
        found.set(`${kind} ${name}`, { name, kind });
      }
      visit(children);
    }
  };
  visit(items);
  return [...found.values()];
}
