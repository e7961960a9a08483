import { LiveClient } from '../live/client.ts'
import type { Ring } from '../ring/ring.ts'
import type { LiveStores } from './live-stores.ts'
import { httpQuerier, type RemoteQuerier } from './remote-querier.ts'

/** The live stores of a ring that live. */
export async function liveClients(ring: Pick<Ring, 'members'>): Promise<LiveClient[]> {
  const members = await ring.members('live-store')
  return members.flatMap(({ partition, address }) =>
    partition === undefined ? [] : [new LiveClient(partition, address)],
  )
}

/** The live stores of a ring, for those who ask them for spans. */
export function ringLive(ring: Pick<Ring, 'members'>): LiveStores {
  return {
    replicas: () => liveClients(ring),
    open: (address, piece) => new LiveClient(0, address).open(piece),
  }
}

/** The queriers of a ring. */
export function ringQueriers(ring: Pick<Ring, 'members'>): () => Promise<readonly RemoteQuerier[]> {
  return async () => {
    const members = await ring.members('querier')
    return members.map(({ instance, address }) => httpQuerier(instance, address))
  }
}
