/** Asking for a yes. */
import { ElMessageBox } from 'element-plus'
import { i18n } from '@/i18n'

/** Ask; true for yes. */
export async function confirmed(question: string, yes: string): Promise<boolean> {
  const { t } = i18n.global
  const buttons = { confirmButtonText: yes, cancelButtonText: t('action.cancel') }
  return ElMessageBox.confirm(question, { ...buttons, type: 'warning' })
    .then(() => true)
    .catch(() => false)
}
