/** Names as people typed them: in any script, of any length. */

/** Letters that are written from right to left, and marks that say so. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
const OVERRIDES = /[\u202a-\u202e]/g
const ISOLATES = /[\u2066-\u2069]/g
const CLOSES = '\u2069'
/** What can stand for a name: letters, digits, and pictures. */
const TELLS = /[\p{L}\p{N}\p{Extended_Pictographic}\p{Regional_Indicator}]/u

/** A text within a sentence, of whose order it changes nothing. What cannot change it stays as it is. */
export function isolated(text: string): string {
  const whole = isBalanced(text)
    ? text.replaceAll(OVERRIDES, '')
    : text.replaceAll(OVERRIDES, '').replaceAll(ISOLATES, '')
  return RIGHT_TO_LEFT.test(whole) ? `\u2068${whole}${CLOSES}` : whole
}

/** Is every isolation ended that is begun, and no other? One that is not would end that of the sentence. */
function isBalanced(text: string): boolean {
  let depth = 0
  for (const [mark] of text.matchAll(ISOLATES)) {
    depth += mark === CLOSES ? -1 : 1
    if (depth < 0) return false
  }
  return depth === 0
}

/** What a reader takes for one character each: a family is one, and so is a letter with its accents. */
export function graphemes(text: string): string[] {
  // Firefox before 125 has none.
  if (!('Segmenter' in Intl)) return [...text]
  return Array.from(new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text), ({ segment }) => segment)
}

/** What stands for a plugin without an icon: the first of its name's characters that says something. */
export function initial(name: string): string {
  // Names have at most 200 characters, and the first few decide.
  const all = graphemes(name.trim().slice(0, 64))
  const first = all.find((one) => TELLS.test(one)) ?? all[0] ?? ''
  const large = first.toUpperCase()
  return graphemes(large).length === 1 ? large : first
}

/** At most so many characters, the last of which says that there are more. */
export function shortened(name: string, most: number): string {
  const all = graphemes(name)
  return all.length <= most
    ? name
    : `${all
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`
}
