/** The server's limits, as it tells them. */
import { get } from '@/api/client'

/** The amount of the limit of this name; null where the server did not say, or has none. */
export async function limitOf(name: string): Promise<number | null> {
  const { limits } = await get('/api/v1/limits')
  return limits.find((limit) => limit.name === name)?.amount || null
}
