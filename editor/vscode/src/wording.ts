// Pure: the server's words, which name commands as every editor knows them, in VS Code's terms.

const PREFIX = 'Dictate: ';

const COMMANDS: [RegExp, string][] = [
  [/dictate\.models\.use \(:Dictate models\)/g, '"Dictate: Choose Model…"'],
  [/dictate\.retry \(:Dictate retry\)/g, '"Dictate: Insert What Was Kept"'],
  [/dictate\.discard \(:Dictate discard\)/g, '"Dictate: Discard What Was Kept"'],
  [/dictate\.models\.cancel/g, 'its Cancel button'],
];

/** One line that starts with the extension's name. */
export function line(text: string): string {
  let plain = text.trim().replace(/\s*\n\s*/g, ' ');
  if (plain.startsWith(PREFIX)) plain = plain.slice(PREFIX.length);
  for (const [pattern, name] of COMMANDS) plain = plain.replace(pattern, name);
  return plain.startsWith('Dictate ') ? plain : PREFIX + plain;
}

/** What a message of the server offers to do, by command. */
export function offered(text: string): { title: string; command: string }[] {
  const buttons: { title: string; command: string }[] = [];
  if (text.includes('dictate.retry')) buttons.push({ title: 'Insert', command: 'dictate.retry' });
  if (text.includes('dictate.discard')) {
    buttons.push({ title: 'Discard', command: 'dictate.discard' });
  }
  if (text.includes('dictate.models.use')) {
    buttons.push({ title: 'Choose Model…', command: 'dictate.chooseModel' });
  }
  return buttons;
}

/** A title of the server's progress; VS Code shows it under the extension's name. */
export function progressTitle(title: string): string {
  return line(title);
}
