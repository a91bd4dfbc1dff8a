// Pure: how loud it is, as one character.

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
// Speech into a close microphone peaks near the top; a quiet room stays at the bottom.
const QUIET_DBFS = -60;
const LOUD_DBFS = -12;

export function meter(dbfs: number | undefined): string {
  const share = ((dbfs ?? QUIET_DBFS) - QUIET_DBFS) / (LOUD_DBFS - QUIET_DBFS);
  const index = Math.round(share * (BLOCKS.length - 1));
  return BLOCKS[Math.max(0, Math.min(BLOCKS.length - 1, index))] ?? BLOCKS[0];
}
