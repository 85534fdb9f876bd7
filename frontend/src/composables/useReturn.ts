/** Going on where a server came back. */
import { watch } from 'vue'
import { useConnection } from '@/stores/connection'

/** Call `act` whenever the server can be reached again. */
export function useReturn(act: () => void): void {
  const connection = useConnection()
  watch(() => connection.returns, act)
}
