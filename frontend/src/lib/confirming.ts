/** Asking for a yes. */
import { ElMessageBox } from 'element-plus'
import { i18n } from '@/i18n'
import { focusAgain } from '@/lib/focus'

export interface Question {
  /** The dialog's name; without it what `yes` says. */
  title?: string
  /** Does it destroy something, or take it from people? Then the button is red. */
  danger?: boolean
}

/** The buttons and the name of every question. `yes` is what is done, as a verb with its object: `Disable user`. */
export function asQuestion(yes: string, { title = yes, danger = false }: Question) {
  return {
    title,
    confirmButtonText: yes,
    cancelButtonText: i18n.global.t('action.cancel'),
    confirmButtonType: danger ? ('danger' as const) : ('primary' as const),
    confirmButtonClass: 'says-yes',
    closeOnClickModal: false,
  }
}

/** Ask; true for yes. */
export async function confirmed(question: string, yes: string, how: Question = {}): Promise<boolean> {
  const giveBack = focusAgain()
  return ElMessageBox.confirm(question, { ...asQuestion(yes, how), type: 'warning' })
    .then(() => true)
    .catch(() => false)
    .finally(giveBack)
}

/** Ask before something is closed that is typed, not sent, and kept nowhere. */
export function mayLose(): Promise<boolean> {
  const { t } = i18n.global
  return confirmed(t('draft.askClose'), t('draft.lose'), { title: t('draft.unsent'), danger: true })
}
