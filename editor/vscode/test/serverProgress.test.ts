import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StepProgress } from '../src/server/progress';

function shown(lines: string[]): string[] {
  const progress = new StepProgress();
  return lines.map((line) => progress.next(line)).filter((text) => text !== undefined);
}

test('what pip prints is condensed', () => {
  assert.deepEqual(
    shown([
      'Collecting torch>=2.6 (from dictate-ls)',
      '  Downloading torch-2.13.0-cp312-cp312-manylinux_2_28_x86_64.whl (526.6 MB)',
      'Progress 0 of 526600000',
      'Progress 5266000 of 526600000',
      'Progress 5266001 of 526600000',
      'Progress 526600000 of 526600000',
      'Requirement already satisfied: pip',
      'Building wheels for collected packages: dictate-ls',
      '  Building wheel for dictate-ls (pyproject.toml): started',
      'Installing collected packages: mpmath, sympy, torch',
      'Successfully installed torch-2.13.0',
    ]),
    [
      'looking for torch',
      'downloading torch (526.6 MB)',
      'downloading torch: 0 % of 527 MB',
      'downloading torch: 1 % of 527 MB',
      'downloading torch: 100 % of 527 MB',
      'building dictate-ls',
      'unpacking 3 packages',
    ],
  );
});

test('what uv prints is condensed', () => {
  assert.deepEqual(
    shown([
      'Using CPython 3.12.1 interpreter at: /usr/bin/python3.12',
      'Resolved 64 packages in 1.21s',
      'Downloading torch (186.2MiB)',
      'Prepared 64 packages in 12.34s',
      'Installed 64 packages in 345ms',
    ]),
    ['getting 64 packages', 'downloading torch (186.2MiB)', 'unpacking 64 packages'],
  );
});

test('no line is longer than a notification is wide', () => {
  const [text] = shown([`Collecting ${'a'.repeat(300)}`]);
  assert.ok(text !== undefined && text.length <= 60);
});
