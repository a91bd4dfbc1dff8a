import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Keybinding, conflictLine, conflicts, normal } from '../src/keyConflicts';

const OWN = {
  id: 'dictate.dictate',
  name: 'Dictate',
  keybindings: [
    { command: 'dictate.toggle', key: 'ctrl+alt+m', when: 'editorTextFocus || dictate.active' },
    { command: 'dictate.toggle', key: 'ctrl+alt+m', when: '!editorTextFocus && !dictate.active' },
    { command: 'dictate.hold', key: 'ctrl+alt+space', mac: 'ctrl+shift+space' },
    { command: 'dictate.cancel', key: 'escape', when: 'dictate.active && editorTextFocus' },
  ],
};

const with_ = (
  ...keybindings: Keybinding[]
): { id: string; name: string; keybindings: Keybinding[] } => ({
  id: 'a.b',
  name: 'Rival',
  keybindings,
});

test('a key is the same however it is written', () => {
  assert.equal(normal('Alt+Ctrl+M'), 'ctrl+alt+m');
  assert.equal(normal('ctrl+k  ctrl+C'), 'ctrl+k ctrl+c');
  assert.equal(normal('cmd+option+='), 'alt+meta+=');
  assert.equal(normal('shift+ctrl++'), 'ctrl+shift++');
});

test('another extension that binds the same key is named', () => {
  const found = conflicts(OWN, [OWN, with_({ command: 'rival.go', key: 'alt+ctrl+m' })], 'linux');
  assert.deepEqual(found, [
    { key: 'ctrl+alt+m', command: 'dictate.toggle', other: 'Rival', otherCommand: 'rival.go' },
  ]);
  assert.match(conflictLine(found) ?? '', /ctrl\+alt\+m \(Rival: rival\.go\)/);
  assert.equal(conflictLine([]), undefined);
});

test('keys count as they are on this platform', () => {
  const rival = with_({ command: 'rival.go', key: 'f1', mac: 'ctrl+shift+space' });
  assert.equal(conflicts(OWN, [rival], 'linux').length, 0);
  assert.equal(conflicts(OWN, [rival], 'win').length, 0);
  assert.equal(conflicts(OWN, [rival], 'mac').length, 1);
});

test('what holds elsewhere, and what takes a key away, is no conflict', () => {
  const key = 'ctrl+alt+m';
  const rival = with_(
    { command: 'rival.terminal', key, when: 'terminalFocus' },
    { command: 'rival.lists', key, when: 'listFocus && !inputFocus || sideBarFocus' },
    { command: '-rival.gone', key },
    { command: 'rival.escape', key: 'escape', when: 'editorTextFocus' },
  );
  assert.deepEqual(conflicts(OWN, [rival], 'linux'), []);
  const outside = with_({ command: 'rival.go', key, when: '!terminalFocus' });
  assert.equal(conflicts(OWN, [outside], 'linux').length, 1);
  const sometimes = with_({ command: 'rival.go', key, when: 'terminalFocus || editorTextFocus' });
  assert.equal(conflicts(OWN, [sometimes], 'linux').length, 1);
});
