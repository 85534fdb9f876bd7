/** Asking for a text. */
import { ElMessageBox } from 'element-plus'
import { h } from 'vue'
import { i18n } from '@/i18n'
import AskedText from '@/components/AskedText.vue'
import { keptAbout } from './drafts'

interface Box {
  /** The dialog's name; without it what `yes` says. */
  title?: string
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
  const { title = yes, exactly, longest, draft } = box

  function validated(value: string): true | string {
    if (exactly) return value === exactly || t('state.typeExactly', { text: exactly })
    if (value.trim() === '') return t('state.required')
    return longest === undefined || value.trim().length <= longest || t('state.atMost', { count: longest })
  }

  return ElMessageBox.prompt(draft === undefined ? question : h(AskedText, { question, subject: draft }), {
    title,
    inputValue: draft === undefined ? '' : keptText(draft),
    confirmButtonText: yes,
    cancelButtonText: t('action.cancel'),
    inputType: longest === undefined ? 'text' : 'textarea',
    inputValidator: validated,
  })
    .then((answer) => (answer as { value: string }).value)
    .catch(() => null)
}

function keptText(subject: string): string {
  return String((keptAbout(subject)?.values as { text?: string } | undefined)?.text ?? '')
}
