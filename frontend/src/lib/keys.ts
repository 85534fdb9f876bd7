/** Keys that people would choose worse: for plugins and for backups. */

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const LENGTH = 32

/** A key of 32 letters and digits, with 190 bits of chance, which is good as a plugin key and as a user key. */
export function madeKey(): string {
  let key = ''
  while (key.length < LENGTH) {
    for (const byte of crypto.getRandomValues(new Uint8Array(LENGTH))) {
      // As often as there are whole alphabets in a byte: what is beyond them would make some letters likelier.
      if (byte < LETTERS.length * 4 && key.length < LENGTH) key += LETTERS[byte % LETTERS.length]
    }
  }
  return key
}
