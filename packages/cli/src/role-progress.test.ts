import { expect, it } from 'vitest'
import { roleProgress } from './role-progress.ts'

it('says once a subnet what a seat costs, and everything else each time', () => {
  const said: string[] = []
  const tell = roleProgress((text) => void said.push(text.trim()))
  tell('miner-1', 'a seat on subnet 1 costs 0.19 KOIN now, at most 0.2 is paid')
  tell('miner-2', 'a seat on subnet 1 costs 0.24 KOIN now, at most 0.26 is paid')
  tell('validator-1', 'a seat on subnet 2 costs 1 KOIN now, at most 1.1 is paid')
  for (const role of ['miner-1', 'miner-1']) tell(role, 'ended with signal SIGKILL; restarting in 500 ms')
  expect(said).toEqual([
    'miner-1: a seat on subnet 1 costs 0.19 KOIN now, at most 0.2 is paid',
    'validator-1: a seat on subnet 2 costs 1 KOIN now, at most 1.1 is paid',
    'miner-1: ended with signal SIGKILL; restarting in 500 ms',
    'miner-1: ended with signal SIGKILL; restarting in 500 ms',
  ])
})
