// Bundles the extension: dist/extension.js is what VS Code loads at startup, dist/runtime.js what it
// loads at the first use. `--tests` bundles each unit test for node:test.
import { readdirSync, rmSync } from 'node:fs';
import { build, context } from 'esbuild';

const production = process.argv.includes('--production');

/** @type {import('esbuild').BuildOptions} */
const common = {
  bundle: true,
  platform: 'node',
  target: 'node18',
  format: 'cjs',
  logLevel: 'warning',
  external: ['vscode'],
};

/** @type {import('esbuild').BuildOptions} */
const extension = {
  ...common,
  entryPoints: { extension: 'src/extension.ts', runtime: 'src/runtime.ts' },
  outdir: 'dist',
  external: ['vscode', './runtime'],
  minify: production,
  sourcemap: production ? false : 'linked',
};

function testFiles(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${folder}/${name}`);
}

if (process.argv.includes('--tests')) {
  rmSync('build', { recursive: true, force: true });
  await build({
    ...common,
    entryPoints: testFiles('test'),
    outdir: 'build/test',
    sourcemap: 'inline',
  });
} else if (process.argv.includes('--watch')) {
  await (await context({ ...extension, logLevel: 'info' })).watch();
} else {
  rmSync('dist/extension.js.map', { force: true });
  rmSync('dist/runtime.js.map', { force: true });
  await build(extension);
}
