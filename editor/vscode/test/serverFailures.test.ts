// The outputs are those of pip 23 to 26, uv 0.13 and venv, cut to the lines that matter.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failure } from '../src/server/failures';

const ATTEMPT = { tool: 'pip', package: 'dictate-ls>=0.1,<0.2', folder: '/store/server' };

function line(output: string, startFault?: string): string {
  const outcome = { code: 1, stdout: '', output, timedOut: false };
  return failure(startFault === undefined ? outcome : { ...outcome, startFault }, ATTEMPT);
}

const CASES: [string, string, RegExp][] = [
  [
    'pip without a network',
    `WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError("HTTPSConnection(host='pypi.org', port=443): Failed to establish a new connection: [Errno -3] Temporary failure in name resolution")': /simple/dictate-ls/
ERROR: Could not find a version that satisfies the requirement dictate-ls<0.2,>=0.1 (from versions: none)
ERROR: No matching distribution found for dictate-ls<0.2,>=0.1`,
    /^the package index cannot be reached \(pypi\.org\): check the network/,
  ],
  [
    'uv without a network',
    `error: Request failed after 3 retries in 7.7s
  cause: Failed to fetch: https://pypi.org/simple/dictate-ls/
  cause: error sending request for url (https://pypi.org/simple/dictate-ls/)
  cause: client error (Connect)
  cause: dns error
  cause: failed to lookup address information: Name or service not known`,
    /^the package index cannot be reached \(pypi\.org\)/,
  ],
  [
    'a torch index that cannot be reached',
    `urllib3.exceptions.MaxRetryError: HTTPSConnectionPool(host='download.pytorch.org', port=443): Max retries exceeded`,
    /torch builds cannot be reached \(download\.pytorch\.org\).*dictate\.server\.torch to default/,
  ],
  [
    'a proxy that refuses',
    `WARNING: Retrying after connection broken by 'ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Proxy Authentication Required'))': /simple/pip/
ERROR: No matching distribution found for dictate-ls`,
    /^the proxy refuses.*dictate\.server\.environment/,
  ],
  [
    "a company's certificate",
    `SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain')): Max retries exceeded`,
    /certificate.*SSL_CERT_FILE/,
  ],
  [
    'a full disk, pip',
    `ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device`,
    /^the disk is full: free some space for \/store\/server/,
  ],
  [
    'a full disk, uv',
    'Caused by: failed to write: No space left on device (os error 28)',
    /^the disk is full/,
  ],
  [
    'a full disk on Windows',
    '[WinError 112] There is not enough space on the disk',
    /^the disk is full/,
  ],
  [
    'no torch for this Python',
    `ERROR: Could not find a version that satisfies the requirement torch>=2.6 (from dictate-ls) (from versions: none)
ERROR: No matching distribution found for torch>=2.6`,
    /^a package is not made for this Python or this system.*64-bit Python 3\.10 to 3\.14/,
  ],
  [
    'no wheel, uv',
    `Because torch==2.13.0 has no wheels with a matching Python ABI tag (e.g., \`cp316\`), we can conclude that all versions of torch cannot be used.`,
    /^a package is not made for this Python/,
  ],
  [
    'a wheel that has to be built, and cannot be',
    'error: subprocess-exited-with-error\n× Building wheel for soxr (pyproject.toml) did not run successfully.',
    /^a package is not made for this Python/,
  ],
  [
    'not published',
    `ERROR: Could not find a version that satisfies the requirement dictate-ls<0.2,>=0.1 (from versions: none)
ERROR: No matching distribution found for dictate-ls<0.2,>=0.1`,
    /^the package index has no dictate-ls<0\.2,>=0\.1: set dictate\.server\.package/,
  ],
  [
    'not published, uv',
    'error: No solution found when resolving dependencies\n  cause: Because dictate-ls was not found in the package registry and you require dictate-ls>=0.1,<0.2, we can conclude that your requirements are unsatisfiable.',
    /^the package index has no dictate-ls: set dictate\.server\.package/,
  ],
  [
    'no venv module on Debian',
    'The virtual environment was not created successfully because ensurepip is not\navailable.  On Debian/Ubuntu systems, you need to install the python3-venv\npackage',
    /apt-get install python3-venv/,
  ],
  [
    'uv that can get no Python',
    'error: No interpreter found for Python >=3.10, <3.15 in managed installations or search path',
    /^uv found no Python 3\.10 to 3\.14/,
  ],
  [
    'packages that exclude each other',
    'ERROR: ResolutionImpossible: for help visit https://pip.pypa.io',
    /exclude each other/,
  ],
  [
    'a folder that is not writable',
    "PermissionError: [Errno 13] Permission denied: '/store/server'",
    /cannot be written/,
  ],
  [
    'a file in use on Windows',
    '[WinError 32] The process cannot access the file because it is being used by another process',
    /is in use/,
  ],
  ['a setting that is no package', "ERROR: Invalid requirement: '!!'", /dictate\.server\.package$/],
];

for (const [name, output, expected] of CASES) {
  test(name, () => {
    const said = line(output);
    assert.match(said, expected);
    assert.doesNotMatch(said, /\n/);
  });
}

test('anything else is the last line that says something', () => {
  assert.equal(
    line('ERROR: It rains.\n\n[notice] a new release of pip\n'),
    'pip failed: It rains.',
  );
  assert.equal(line(''), 'pip failed without a message: see the log');
});

test('a program that does not start is named', () => {
  assert.match(line('', 'EACCES'), /^pip does not start \(EACCES\)/);
});
