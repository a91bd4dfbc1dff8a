---@meta
-- What travels between the plugin and the server; not loaded at run time.

---@alias dictate.State 'idle'|'starting'|'listening'|'finishing'
---@alias dictate.Mode 'manual'|'handsFree'|'vibe' who ends an utterance: the user, or a pause

---@class dictate.lsp.Position
---@field line integer
---@field character integer

---@class dictate.lsp.Range
---@field start dictate.lsp.Position
---@field ['end'] dictate.lsp.Position

---@class dictate.StateParams
---@field state dictate.State
---@field utteranceId? string
---@field uri? string
---@field device? string
---@field mode? dictate.Mode
---@field message? string

---@class dictate.LevelParams
---@field utteranceId string
---@field dbfs number
---@field speech boolean

---@class dictate.PartialParams
---@field utteranceId string
---@field uri? string
---@field text string fitted to its place, white space in front included
---@field committed? string the beginning of it that has settled

---@class dictate.Latency from the end of speech to the acknowledged edit
---@field count integer
---@field lastMs? number
---@field p50Ms? number
---@field p95Ms? number

---@class dictate.StatsResult: dictate.Latency
---@field maxMs? number
---@field stages table<string, { p50Ms: number, p95Ms: number }>

---@class dictate.FinalParams
---@field utteranceId string
---@field uri? string
---@field outcome 'inserted'|'cancelled'|'failed'
---@field text string
---@field timingsMs table<string, number>
---@field audioMs number
---@field latency? dictate.Latency
---@field message? string
---@field heard? string what was understood, before it was written
---@field range? dictate.lsp.Range where the text stands
---@field doubtful? dictate.lsp.Range[] words that were hardly understood

---@alias dictate.WritingMode 'auto'|'code'|'prose'|'raw'|'vibe'

---@class dictate.ModeResult
---@field mode dictate.WritingMode the one that was chosen
---@field effective? dictate.WritingMode what it comes to at the place
---@field reason? string

---@class dictate.Choice an alternative for a text
---@field label string
---@field detail? string
---@field index integer

---@class dictate.EditParams
---@field utteranceId string
---@field edit { textDocument: { uri: string, version: integer }, range: dictate.lsp.Range, newText: string }

---@class dictate.EditResult
---@field applied boolean
---@field reason? 'stale'|'closed'|'readonly'

---@class dictate.StartResult
---@field utteranceId? string
---@field state dictate.State

---@class dictate.EngineStatus
---@field state 'loading'|'ready'|'failed'
---@field pair string
---@field target string
---@field draft? string
---@field device string
---@field dtype string
---@field changingTo? string the pair that is being loaded meanwhile
---@field notices? string[]

---@class dictate.StatusResult
---@field state dictate.State
---@field engine? dictate.EngineStatus
---@field microphone? string
---@field pending integer
---@field logFile string
---@field version string
---@field download? { pair: string, percentage?: integer, message: string }

---@class dictate.PairItem
---@field name string
---@field models string the target's name, and the draft's
---@field installed boolean
---@field running boolean
---@field fits boolean
---@field reason string
---@field downloadMb? integer

---@class dictate.HistoryEntry
---@field utteranceId string
---@field uri string
---@field text string "" where that is not known
---@field heard string
---@field outcome 'inserted'|'failed'
---@field spokenAt string ISO 8601, in UTC
---@field audioMs number
---@field latencyMs? number
---@field message? string why it failed

---@class dictate.DevicesResult
---@field devices { name: string, isDefault: boolean }[]
---@field selected? string
