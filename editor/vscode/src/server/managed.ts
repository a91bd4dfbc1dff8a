// The environment that the extension makes for the server: a folder for each installation, and one
// file that names the folder in use. It is written last, by renaming: an installation that was cut
// short is never used, and one that fails leaves the one before as it was.

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import * as path from 'node:path';
import { isProgram } from './vetting';
import { programIn } from './places';

export interface Stamp {
  /** The folder's name below the root. */
  folder: string;
  /** The server's version. */
  version: string;
  /** What was installed, as the setting said it. */
  package: string;
  /** What made it: uv, or Python with its version. */
  madeBy: string;
  /** When, as ISO 8601. */
  installedAt: string;
}

const STAMP = 'installed.json';

export class ManagedEnvironment {
  readonly lockFile: string;

  constructor(
    readonly root: string,
    private readonly platform: NodeJS.Platform = process.platform,
  ) {
    this.lockFile = `${root}.lock`;
  }

  /** What is installed; undefined when nothing is, or not wholly. */
  current(): Stamp | undefined {
    const stamp = this.stamp();
    return stamp && isProgram(programIn(this.folderOf(stamp), this.platform)) ? stamp : undefined;
  }

  folderOf(stamp: Stamp): string {
    return path.join(this.root, stamp.folder);
  }

  programOf(stamp: Stamp): string {
    return programIn(this.folderOf(stamp), this.platform);
  }

  /** A folder to install into; those that nothing names are removed first. */
  async begin(now: Date): Promise<string> {
    mkdirSync(this.root, { recursive: true });
    await this.sweep();
    const name = now.toISOString().replace(/[-:]|\.\d+/g, '');
    const taken = new Set(readdirSync(this.root));
    let free = name;
    for (let count = 2; taken.has(free); count += 1) free = `${name}-${count}`;
    return path.join(this.root, free);
  }

  /** Puts a finished folder into use. */
  complete(stamp: Stamp): void {
    const file = path.join(this.root, STAMP);
    writeFileSync(`${file}.new`, `${JSON.stringify(stamp, null, 2)}\n`);
    renameSync(`${file}.new`, file);
  }

  /** Removes what was cut short or replaced. */
  async sweep(): Promise<void> {
    const kept = new Set([STAMP, this.stamp()?.folder]);
    let entries: string[];
    try {
      entries = readdirSync(this.root);
    } catch {
      return;
    }
    for (const entry of entries) {
      if (!kept.has(entry)) await removeFolder(path.join(this.root, entry));
    }
  }

  /** Removes all of it: first what puts it into use, so that a half-removed one is none. */
  async remove(): Promise<void> {
    rmSync(path.join(this.root, STAMP), { force: true });
    await removeFolder(this.root);
  }

  private stamp(): Stamp | undefined {
    try {
      const value = JSON.parse(readFileSync(path.join(this.root, STAMP), 'utf8')) as Partial<Stamp>;
      const { folder, version } = value;
      const isWhole =
        typeof folder === 'string' && /^[\w-]+$/.test(folder) && typeof version === 'string';
      return isWhole
        ? { package: '', madeBy: '', installedAt: '', ...value, folder, version }
        : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Removes a folder; on Windows, files that just were in use may need a moment. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
