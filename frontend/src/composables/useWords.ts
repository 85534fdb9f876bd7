/** The server's words in the reader's language. */
import { useI18n } from 'vue-i18n'

/** A word of the server in the reader's language; one that this page does not know as it came. */
export function useWords() {
  const { t, te } = useI18n()
  return (area: string, word: string) => (te(`${area}.${word}`) ? t(`${area}.${word}`) : word)
}
