/** Asking before a page is left on which something is typed and not sent. */
import { ElMessageBox } from 'element-plus'
import { onScopeDispose } from 'vue'
import { i18n } from '@/i18n'
import { confirmed } from '@/lib/confirming'

interface Unsent {
  isThere: () => boolean
  isKept: () => boolean
}

const forms = new Set<Unsent>()

/** As long as the caller is there, leaving asks while `isThere`. `isKept`: would it be found again? */
export function useUnsent(isThere: () => boolean, isKept: () => boolean): void {
  const form = { isThere, isKept }
  forms.add(form)
  onScopeDispose(() => forms.delete(form))
}

/** True where nothing is unsent, or the user says so. */
export async function mayLeave(): Promise<boolean> {
  const unsent = [...forms].filter((form) => form.isThere())
  if (unsent.length === 0) return true
  const { t } = i18n.global
  const isLost = !unsent.every((form) => form.isKept())
  if (!(await confirmed(t(isLost ? 'draft.askLose' : 'draft.askLeave'), t('draft.leave'), { danger: isLost })))
    return false
  // A box that asks for a text would stay open on the next page.
  ElMessageBox.close()
  return true
}

let isLetGo = false

/** The page itself loads anew, and has asked where it had to: the browser does not ask once more. */
export function letGo(): void {
  isLetGo = [...forms].every((form) => !form.isThere() || form.isKept())
}

/** The browser asks by itself where the tab is closed or loaded anew. */
export function guardTab(): void {
  window.addEventListener('beforeunload', (event) => {
    if (!isLetGo && [...forms].some((form) => form.isThere())) event.preventDefault()
  })
}
