/** For tests of packages that stand on this one. */
export { ScriptedEngine } from './scripted-engine.ts'
export { startTestNetwork, type TestNetwork } from './test-network.ts'
