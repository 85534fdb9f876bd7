/** Keys that do something on a page while nobody types, and the sheet that lists them. */
import { onScopeDispose, ref, type Ref } from 'vue'
import { usePreferences } from '@/stores/preferences'

/** One line of the sheet. Without `run` the browser does it by itself. */
export interface Shortcut {
  keys: readonly string[]
  /** How they are written, where that is not key by key. */
  shown?: string
  words: string
  run?: (key: string) => void
}

/** Not used by an input: ticks and choices take no letters. */
const NO_TEXT = ['button', 'checkbox', 'radio', 'reset', 'submit']

/**
 * Listen to the keys of `shortcuts`, which may change; `?` opens the sheet.
 *
 * A key with Ctrl, Alt or Meta is the browser's, one in a field is text, and behind a dialog nothing is pressed.
 */
export function useShortcuts(shortcuts: () => readonly Shortcut[]): { isShown: Ref<boolean> } {
  const preferences = usePreferences()
  const isShown = ref(false)

  function press(event: KeyboardEvent): void {
    if (!preferences.hasShortcuts || event.defaultPrevented || event.isComposing || event.repeat) return
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target) || isAsked()) return
    if (event.key === '?') isShown.value = true
    else {
      const found = shortcuts().find(({ keys, run }) => run !== undefined && keys.includes(event.key))
      if (found?.run === undefined) return
      found.run(event.key)
    }
    event.preventDefault()
  }

  window.addEventListener('keydown', press)
  onScopeDispose(() => window.removeEventListener('keydown', press))
  return { isShown }
}

export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement) return !NO_TEXT.includes(target.type)
  return target.isContentEditable || ['TEXTAREA', 'SELECT'].includes(target.tagName)
}

/** Is a dialog open? */
function isAsked(): boolean {
  return [...document.querySelectorAll('[aria-modal="true"]')].some((dialog) => dialog.getClientRects().length > 0)
}
