// Versions of the server, and which of them this extension can speak with.

export type Fit = 'fits' | 'older' | 'newer';

/** The version in what `dictate --version` prints; undefined when another program answered. */
export function versionIn(output: string): string | undefined {
  return /^dictate (\d+\.\d+\.\d+\S*)\s*$/.exec(output.trim())?.[1];
}

/** The numbers in front: [0, 1, 2] of "0.1.2.dev3+local"; undefined when it is no version. */
export function release(version: string): [number, number, number] | undefined {
  const found = /^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(version.trim());
  return found ? [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)] : undefined;
}

/**
 * Whether a server of this version serves an extension of that one. Until 1.0 the minor version
 * says what the two must agree in, from then on the major version does.
 */
export function fit(server: string, extension: string): Fit {
  const [theirs, ours] = [release(server), release(extension)];
  if (!theirs || !ours) return 'older';
  if (theirs[0] !== ours[0]) return theirs[0] < ours[0] ? 'older' : 'newer';
  if (ours[0] > 0 || theirs[1] === ours[1]) return 'fits';
  return theirs[1] < ours[1] ? 'older' : 'newer';
}

/** What to ask the package index for: the newest server that serves this extension. */
export function requirement(extension: string): string {
  const [major, minor] = release(extension) ?? [0, 0];
  return major > 0
    ? `dictate-ls>=${major},<${major + 1}`
    : `dictate-ls>=0.${minor},<0.${minor + 1}`;
}
