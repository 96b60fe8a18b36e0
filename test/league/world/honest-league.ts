/** Three honest miners behind a gateway, and a user who asks them. */
import { type HonestTraffic, runHonestTraffic } from './honest-traffic.ts'
import { startLeague } from './league.ts'

const phases = {
  epochSeconds: 60,
  workCommitSeconds: 10,
  weightCommitSeconds: 20,
  weightRevealSeconds: 10,
  activationDelaySeconds: 1,
}

/** Starts the network, asks, checks, stops everything, and prints the outcome as one line of JSON. */
export async function honestLeague(options: {
  requests: number
  concurrency: number
  seed: number
}): Promise<HonestTraffic> {
  const league = await startLeague({
    phases,
    honest: ['honest 1', 'honest 2', 'honest 3'],
    cheats: () => [],
    validators: [],
    probesPerMiner: 0,
  })
  try {
    const { world, gateway, engines } = league
    const payer = await world.member('user', { dollar: 200_000_000n })
    const apiKey = await gateway.issueKey(payer, 100_000_000n)
    const { chainId } = world.network
    const outcome = await runHonestTraffic({ ...options, url: gateway.url, apiKey, chainId, engine: engines.verifier })
    process.stdout.write(
      `${JSON.stringify({ honestTraffic: { ...outcome, accusations: outcome.accusations.length } })}\n`,
    )
    return outcome
  } finally {
    await league.close()
  }
}
