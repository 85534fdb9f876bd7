/** Asking for a text. */
import { ElMessageBox } from 'element-plus'
import { h } from 'vue'
import { i18n } from '@/i18n'
import AskedText from '@/components/common/AskedText.vue'
import { asQuestion, mayLose, type Question } from '@/lib/confirming'
import { keptAbout } from '@/lib/drafts'
import { focusAgain } from '@/lib/focus'

interface Box extends Question {
  /** Only this text is accepted. */
  exactly?: string
  /** Several lines, of at most so many characters in all. */
  longest?: number
  /** What the text is about: it is kept as a draft until this is forgotten. */
  draft?: string
}

/** Ask for a text, which is never empty; null where it was cancelled. */
export async function asked(question: string, yes: string, box: Box = {}): Promise<string | null> {
  const { t } = i18n.global
  const { exactly, longest, draft } = box
  const giveBack = focusAgain()

  function validated(value: string): true | string {
    if (exactly) return value === exactly || t('state.typeExactly', { text: exactly })
    if (value.trim() === '') return t('state.required')
    return longest === undefined || value.trim().length <= longest || t('state.atMost', { count: longest })
  }

  return ElMessageBox.prompt(draft === undefined ? question : h(AskedText, { question, subject: draft }), {
    ...asQuestion(yes, box),
    inputValue: draft === undefined ? '' : keptText(draft),
    inputType: longest === undefined ? 'text' : 'textarea',
    inputValidator: validated,
    // Told apart, for "Cancel" is meant, and Escape may be a slip.
    distinguishCancelAndClose: true,
    beforeClose: (action, { inputValue }, close) => {
      // Where it is kept as a draft, nothing is lost.
      if (action !== 'close' || exactly || draft !== undefined || (inputValue ?? '').trim() === '') close()
      else void mayLose().then((may) => may && close())
    },
  })
    .then((answer) => (answer as { value: string }).value)
    .catch(() => null)
    .finally(giveBack)
}

function keptText(subject: string): string {
  return String((keptAbout(subject)?.values as { text?: string } | undefined)?.text ?? '')
}
