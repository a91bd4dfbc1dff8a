// Pure: texts made short for lists and titles.

/** One line of so many characters at most. */
export function oneLine(text: string, most = 50): string {
  const plain = text.trim().replace(/\s+/g, ' ');
  const characters = Array.from(plain);
  return characters.length <= most ? plain : `${characters.slice(0, most - 1).join('')}…`;
}

/** How long ago, in the largest unit. */
export function agoText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (!Number.isFinite(seconds)) return '';
  if (seconds < 60) return `${seconds} s ago`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ago` : `${Math.floor(hours / 24)} d ago`;
}

/** How much a download is. */
export function sizeText(mb: number | null): string {
  if (mb === null) return 'to download';
  return mb >= 1000 ? `${(mb / 1000).toFixed(1)} GB to download` : `${mb} MB to download`;
}
