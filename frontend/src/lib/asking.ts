/** Doing something on a click: busy meanwhile, a word when it is done, the server's message when it is refused. */
import { ElMessage, ElMessageBox } from 'element-plus'
import { h, ref } from 'vue'
import { i18n } from '@/i18n'
import AskedText from '@/components/AskedText.vue'
import ErrorText from '@/components/ErrorText.vue'
import { keptAbout } from './drafts'

export function useAct() {
  const busy = ref(false)

  /** True if it was done. `done`: what to say then. */
  async function act(what: () => Promise<unknown>, done?: string): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    try {
      await what()
      if (done) ElMessage.success(done)
      return true
    } catch (reason) {
      // Stays until it is closed: a request id must be readable.
      ElMessage({ type: 'error', message: h(ErrorText, { error: reason }), duration: 0, showClose: true })
      return false
    } finally {
      busy.value = false
    }
  }

  return { busy, act }
}

/** Ask; true for yes. */
export async function confirmed(question: string, yes: string): Promise<boolean> {
  const { t } = i18n.global
  const buttons = { confirmButtonText: yes, cancelButtonText: t('action.cancel') }
  return ElMessageBox.confirm(question, { ...buttons, type: 'warning' })
    .then(() => true)
    .catch(() => false)
}

interface Box {
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
  const { title, exactly, longest, draft } = box

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
