/** What a reviewed version changes, file by file. */
import type { ChangedFile, FileSide } from '@/api/types'

/** `+`, `−` or `~`, beside the word for it. */
export const MARKS = { added: '+', removed: '−', changed: '~', same: ' ' } as const

/** Can it be compared line by line: is a side of it a text, and none anything else? */
export function isComparable(file: ChangedFile): boolean {
  return [file.before, file.after].every((side) => side === null || side.kind === 'text')
}

/** Characters that nobody sees and bytes that are no text, in what the file is now. */
export function hiddenIn(file: ChangedFile): { hidden: number; invalid: number } {
  const text = file.after?.text
  return { hidden: text?.hidden ?? 0, invalid: text?.invalid ?? 0 }
}

const ENCODINGS: Record<string, string> = {
  ascii: 'ASCII',
  'utf-8': 'UTF-8',
  'utf-8-bom': 'UTF-8 + BOM',
  'utf-16-le': 'UTF-16 LE',
  'utf-16-be': 'UTF-16 BE',
}
const ENDINGS: Record<string, string> = { lf: 'LF', crlf: 'CRLF' }

/** The encoding's name; null for one that takes words. */
export const encodingName = (side: FileSide): string | null => ENCODINGS[side.text?.encoding ?? ''] ?? null
export const endingsName = (side: FileSide): string | null => ENDINGS[side.text?.line_endings ?? ''] ?? null
