// Packs the extension as dist/dictate-VERSION.vsix.
import { mkdirSync, readFileSync } from 'node:fs';
import { createVSIX } from '@vscode/vsce';

const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
const packagePath = `dist/${name}-${version}.vsix`;
mkdirSync('dist', { recursive: true });
await createVSIX({
  packagePath,
  dependencies: false,
  allowMissingRepository: true,
  // The picture in the README lies in the package; no repository is known to point it to.
  rewriteRelativeLinks: false,
});
console.log(packagePath);
