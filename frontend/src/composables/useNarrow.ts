/** Is the window as narrow as a phone's, or a tablet's held upright? */
import { onScopeDispose, readonly, ref, type Ref } from 'vue'

export function useNarrow(): Readonly<Ref<boolean>> {
  const query = window.matchMedia('(max-width: 800px)')
  const isNarrow = ref(query.matches)
  const look = (): void => void (isNarrow.value = query.matches)
  query.addEventListener('change', look)
  onScopeDispose(() => query.removeEventListener('change', look))
  return readonly(isNarrow)
}
