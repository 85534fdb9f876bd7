/** Asking for a yes. */
import { ElMessageBox } from 'element-plus'
import { i18n } from '@/i18n'

/** Ask; true for yes. The dialog is named after `yes`, as its button is. */
export async function confirmed(question: string, yes: string): Promise<boolean> {
  const { t } = i18n.global
  const buttons = { confirmButtonText: yes, cancelButtonText: t('action.cancel') }
  return ElMessageBox.confirm(question, yes, { ...buttons, type: 'warning' })
    .then(() => true)
    .catch(() => false)
}
