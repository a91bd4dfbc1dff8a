// What pip and uv print, condensed to what a progress notification has room for.

const LONGEST = 60;

/** Follows the lines of one step. */
export class StepProgress {
  private downloading: { name: string; percent: number } | undefined;

  /** What to show from this line on; undefined where it changes nothing. */
  next(line: string): string | undefined {
    const text = line.trim();
    const raw = /^Progress (\d+) of (\d+)$/.exec(text);
    if (raw) return this.percent(Number(raw[1]), Number(raw[2]));
    const download = /^Downloading (\S+?)(?:\.metadata)?(?: \(([\d.]+ ?[kKMG]i?B)\))?$/.exec(text);
    if (download) {
      const name = packageIn(download[1] ?? '');
      this.downloading = { name, percent: -1 };
      return short(`downloading ${name}${download[2] === undefined ? '' : ` (${download[2]})`}`);
    }
    const collecting = /^Collecting ([\w.-]+)/.exec(text);
    if (collecting) return short(`looking for ${collecting[1] ?? ''}`);
    const resolved = /^Resolved (\d+) packages?/.exec(text);
    if (resolved) return `getting ${packages(Number(resolved[1]))}`;
    const unpacking = /^Installing collected packages: (.*)$/.exec(text);
    if (unpacking) return `unpacking ${packages((unpacking[1] ?? '').split(',').length)}`;
    const prepared = /^Prepared (\d+) packages?/.exec(text);
    if (prepared) return `unpacking ${packages(Number(prepared[1]))}`;
    const building = /^(?:Building wheel for|Building) (?!wheels for)([\w.-]+)/.exec(text);
    if (building) return short(`building ${building[1] ?? ''}`);
    return undefined;
  }

  private percent(done: number, total: number): string | undefined {
    if (!this.downloading || total === 0) return undefined;
    const percent = Math.floor((100 * done) / total);
    if (percent === this.downloading.percent) return undefined;
    this.downloading.percent = percent;
    return short(`downloading ${this.downloading.name}: ${percent} % of ${megabytes(total)}`);
  }
}

/** "torch" of "torch-2.13.0-cp312-cp312-manylinux_2_28_x86_64.whl". */
function packageIn(file: string): string {
  const name = /^(.*?)-\d/.exec(file.split('/').at(-1) ?? '')?.[1] ?? file;
  return name.replace(/_/g, '-');
}

function packages(count: number): string {
  return count === 1 ? '1 package' : `${count} packages`;
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${Math.round(bytes / 1e6)} MB`;
}

function short(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
