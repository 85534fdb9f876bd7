/** Asking again in another language. */
import { watch } from 'vue'
import { usePreferences } from '@/stores/preferences'

/** Call `act` whenever the reader chooses another language: what the server worded is in the one it was asked in. */
export function useLanguageChange(act: () => void): void {
  const preferences = usePreferences()
  watch(() => preferences.language, act)
}
