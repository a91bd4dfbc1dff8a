-- What the server says about the utterances.

local cancel_key = require('dictate.cancel_key')
local client = require('dictate.client')
local document = require('dictate.document')
local doubtful = require('dictate.doubtful')
local hands_free = require('dictate.hands_free')
local indicator = require('dictate.indicator')
local latency = require('dictate.latency')
local notify = require('dictate.notify')
local placing = require('dictate.placing')
local resizing = require('dictate.resizing')
local utterances = require('dictate.utterances')
require('dictate.landing')
require('dictate.selecting')

---@param state dictate.State
---@return boolean
local function is_spoken(state)
  return state == 'starting' or state == 'listening'
end

-- In a hands-free mode an unknown name is that of the next utterance. The microphone has been open
-- all the time, so it listens at once.
---@param parameters dictate.StateParams
---@return dictate.Utterance?
local function begun_by_server(parameters)
  local buffer, row, column = hands_free.next_place()
  if not (buffer and row and parameters.utteranceId and is_spoken(parameters.state)) then
    return nil
  end
  local known = parameters.uri and document.find(parameters.uri)
  if known and known.buffer ~= buffer then
    return nil
  end
  parameters.state = 'listening'
  local mode = assert(hands_free.mode())
  return utterances.take_up(parameters.utteranceId, buffer, row, column, mode)
end

---@param parameters dictate.StateParams
local function on_state(parameters)
  if parameters.message then
    notify.warn(parameters.message)
  end
  local mode_before = hands_free.mode()
  hands_free.set_mode(parameters.state ~= 'idle' and parameters.mode or 'manual')
  local utterance = utterances.find(parameters.utteranceId, parameters.mode)
    or begun_by_server(parameters)
  if not utterance then
    if hands_free.mode() ~= mode_before then
      utterances.changed()
    end
    return
  end
  if parameters.state == 'idle' then
    utterances.remove(utterance)
    return
  end
  utterance.state = parameters.state
  utterance.mode = parameters.mode or utterance.mode
  if utterance.state == 'listening' then
    utterance.heard_since_ms = utterance.heard_since_ms or vim.uv.now()
  end
  if is_spoken(utterance.state) then
    utterances.only_spoken(utterance)
    hands_free.continue_at(utterance)
  end
  indicator.draw(utterance)
  utterances.changed()
end

---@param parameters dictate.LevelParams
local function on_level(parameters)
  local utterance = utterances.find(parameters.utteranceId)
  if utterance and utterance.state == 'listening' then
    utterance.level_dbfs = parameters.dbfs
    utterance.is_speaking = parameters.speech
    indicator.draw(utterance)
    vim.cmd.redrawstatus()
  end
end

---@param parameters dictate.PartialParams
local function on_partial(parameters)
  local utterance = utterances.find(parameters.utteranceId)
  if utterance then
    utterance.partial = parameters.text
    utterance.committed = parameters.committed or ''
    indicator.draw(utterance)
  end
end

---@param parameters dictate.FinalParams
local function on_final(parameters)
  latency.take(parameters.latency)
  local utterance = utterances.find(parameters.utteranceId)
  if utterance then
    utterances.remove(utterance)
  end
  doubtful.show(parameters.utteranceId, parameters.doubtful or {}, parameters.range)
  if parameters.outcome == 'failed' then
    notify.error(parameters.message or 'the text did not arrive; it is kept: :Dictate retry')
  elseif parameters.message then
    local say = parameters.outcome == 'inserted' and notify.warn or notify.info
    say(parameters.message)
  end
  vim.schedule(function()
    vim.api.nvim_exec_autocmds(
      'User',
      { pattern = 'DictateFinal', modeline = false, data = parameters }
    )
  end)
end

client.listen('dictate/state', on_state)
client.listen('dictate/level', on_level)
client.listen('dictate/partial', on_partial)
client.listen('dictate/final', on_final)
client.when_lost(function()
  hands_free.set_mode('manual')
  utterances.remove_all()
  doubtful.forget()
end)

-- What stands in the editor only while something listens or is on its way.
utterances.when_changed(function()
  local utterance = utterances.speaking()
  local listening = utterance and utterance.state == 'listening' and utterance or nil
  cancel_key.follow(listening)
  placing.follow(listening and listening.mode ~= 'manual' and listening or nil)
  resizing.follow(utterances.any())
end)
