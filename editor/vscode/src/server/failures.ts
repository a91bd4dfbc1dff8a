// What went wrong in pip, uv or venv, in one line that says what to do.

import type { Outcome } from './run';

export interface Attempt {
  /** The program that failed, as the user knows it: uv, or Python. */
  tool: string;
  /** What was to be installed. */
  package: string;
  /** Where it was to be installed. */
  folder: string;
}

const TORCH_HOST = 'download.pytorch.org';
const ENVIRONMENT = 'the setting dictate.server.environment';

// In this order: a later pattern also matches what follows from an earlier fault. pip without a
// network, for example, ends with "No matching distribution found".
const KINDS: [RegExp, (attempt: Attempt, found: RegExpExecArray) => string][] = [
  [
    /No space left on device|ENOSPC|not enough space on the disk|Disk quota exceeded|os error (?:28|112)\b/i,
    ({ folder }) => `the disk is full: free some space for ${folder}, then install again`,
  ],
  [
    /ProxyError|Cannot connect to proxy|407 Proxy|Proxy Authentication Required|tunnel(?:ing)? (?:error|failed)|proxy (?:connect|error)/i,
    () => `the proxy refuses the connection: check HTTPS_PROXY, which ${ENVIRONMENT} can set`,
  ],
  [
    /CERTIFICATE_VERIFY_FAILED|invalid peer certificate|UnknownIssuer|certificate verify failed|self.signed certificate/i,
    () =>
      `the package index shows a certificate that is not trusted here: name your company's in SSL_CERT_FILE and PIP_CERT, which ${ENVIRONMENT} can set`,
  ],
  [
    /No interpreter found for|No download found for request|Failed to (?:download|install).*python-build-standalone|Python downloads are (?:disabled|not allowed)/i,
    () =>
      'uv found no Python 3.10 to 3.14 and could not get one: install one (python.org), or set dictate.server.python',
  ],
  [
    /NewConnectionError|NameResolutionError|Failed to resolve|Name or service not known|Temporary failure in name resolution|getaddrinfo failed|nodename nor servname|dns error|Network is unreachable|No route to host|Connection refused|ConnectTimeoutError|ReadTimeoutError|Read timed out|operation timed out|Max retries exceeded|Connection(?: was)? (?:reset|aborted|broken)|ConnectionResetError|error sending request|Could not connect|IncompleteRead/i,
    (_, found) => {
      const host = hostIn(found.input);
      const where = host === undefined ? '' : ` (${host})`;
      return host === TORCH_HOST
        ? `the index of torch builds cannot be reached${where}: check the network, or set dictate.server.torch to default, which takes torch from the package index`
        : `the package index cannot be reached${where}: check the network (behind a proxy, set HTTPS_PROXY in ${ENVIRONMENT}), then install again`;
    },
  ],
  [
    /ensurepip is not\s+available|No module named '?(?:venv|ensurepip)'?/i,
    () =>
      'this Python lacks the venv module: install it (Debian and Ubuntu: apt-get install python3-venv), or install uv',
  ],
  [
    /unexpected argument '--|unrecognized subcommand/i,
    () => 'this uv is too old: uv self update (or pip install --upgrade uv), then install again',
  ],
  [
    /Invalid requirement|Failed to parse:|Expected package name|Expected one of `@`|neither 'setup.py' nor 'pyproject.toml'|does not appear to be a Python project/i,
    (attempt) =>
      `'${attempt.package}' cannot be installed: correct the setting dictate.server.package`,
  ],
  [
    /requires a different Python|does not satisfy Python>=/i,
    () =>
      'this Python does not suit the server: install Python 3.10 or newer, or set dictate.server.python',
  ],
  [
    /(?:No matching distribution found for|Could not find a version that satisfies the requirement) torch|torch.{0,200}(?:no wheels? with a matching|platform tag|ABI tag)|is not a supported wheel on this platform|no wheels? with a matching|Failed building wheel for|Failed to build|Could not build wheels|subprocess-exited-with-error|metadata-generation-failed/is,
    () =>
      `a package is not made for this Python or this system (${process.platform} ${process.arch}): use a 64-bit Python 3.10 to 3.14 from python.org, named in dictate.server.python`,
  ],
  [
    /No matching distribution found for (\S+)|Because (\S+) was not found in the (?:package registry|provided package locations)|Could not find a version that satisfies the requirement (\S+)|there (?:is|are) no versions? of (\S+)/i,
    (attempt, found) => {
      const name = found.slice(1).find(Boolean) ?? attempt.package;
      return `the package index has no ${name}: set dictate.server.package to a wheel or a checkout of Dictate, or dictate.server.path to an installed program`;
    },
  ],
  [
    /ResolutionImpossible|No solution found when resolving/i,
    () =>
      'the packages ask for versions that exclude each other: look for constraints in the configuration of pip or uv (the log names them)',
  ],
  [
    /being used by another process|WinError (?:5|32)\b|os error (?:5|32)\b|Access is denied/i,
    ({ folder }) =>
      `a file in ${folder} is in use: close other windows that dictate, then try again`,
  ],
  [
    /Permission denied|EACCES|EPERM|Read-only file system|os error (?:13|30)\b/i,
    ({ folder }) => `${folder} cannot be written: correct its permissions, then install again`,
  ],
];

export function failure(outcome: Outcome, attempt: Attempt): string {
  if (outcome.startFault !== undefined) {
    return `${attempt.tool} does not start (${outcome.startFault}): install it again, or set dictate.server.python`;
  }
  for (const [pattern, line] of KINDS) {
    const found = pattern.exec(outcome.output);
    if (found) return line(attempt, found);
  }
  const last = outcome.output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(?:note|hint|\[notice\])/i.test(line))
    .at(-1);
  return last === undefined
    ? `${attempt.tool} failed without a message: see the log`
    : `${attempt.tool} failed: ${last.replace(/^(?:error|ERROR): /, '').slice(0, 200)}`;
}

/** The first host that something was asked of in vain. */
function hostIn(output: string): string | undefined {
  const named =
    /host='([\w.-]+)'/.exec(output) ??
    /(?:Failed to fetch|for url).{0,20}?https?:\/\/([\w.-]+)/.exec(output);
  return named?.[1];
}
