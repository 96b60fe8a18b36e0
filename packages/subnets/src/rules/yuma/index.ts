export { runYumaEpoch, type YumaEpoch, type YumaSubnet } from './epoch.ts'
export { liquidAlphaDefaults, type YumaParameters, yuma2Defaults, yuma3Defaults } from './parameters.ts'
