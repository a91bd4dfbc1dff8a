-- What the user asks for: begin, end, cancel, bring back. The answers arrive in `dictate.events`.

local client = require('dictate.client')
local config = require('dictate.config')
local document = require('dictate.document')
local edit = require('dictate.edit')
local hands_free = require('dictate.hands_free')
local indicator = require('dictate.indicator')
local notify = require('dictate.notify')
local position = require('dictate.position')
local symbols = require('dictate.symbols')
local utterances = require('dictate.utterances')

local M = {}

---@param buffer integer
---@return string? problem
local function unusable(buffer)
  if vim.bo[buffer].buftype == 'terminal' then
    return 'a terminal takes no dictation: go to a buffer with text'
  end
  if edit.obstacle(buffer) then
    return 'this buffer cannot be changed: run :set modifiable noreadonly, or go to another'
  end
end

--- An utterance whose text belongs at the cursor.
---@param state dictate.State
---@param mode dictate.Mode
---@return dictate.Utterance?
local function begin(state, mode)
  local buffer = vim.api.nvim_get_current_buf()
  local problem = unusable(buffer)
  if problem then
    notify.error(problem)
    return nil
  end
  local row, column = position.insertion_place()
  return utterances.add(buffer, row, column, state, mode)
end

--- Sends the command that begins `utterance` to the server, with its place.
---@param utterance dictate.Utterance
---@param command string
---@param extra table
local function ask(utterance, command, extra)
  client.ready(function(problem)
    local row, column = indicator.where(utterance)
    if problem or not row then
      utterances.remove(utterance)
      notify.error(problem or 'the buffer was closed before the server was ready: dictate again')
      return
    end
    local known = document.open(utterance.buffer, utterances.under_way(utterance.buffer))
    local place = { uri = known.uri, position = document.position(known, row, column) }
    utterance.request = 'sent'
    client.execute(command, vim.tbl_extend('force', place, extra), function(fault, result)
      if fault then
        notify.error(fault)
      end
      utterances.answered(utterance, result and result.utteranceId)
    end)
    symbols.refresh(utterance.buffer)
  end)
end

---@param command string
local function send(command)
  client.ready(function(problem)
    if problem then
      notify.error(problem)
      return
    end
    client.execute(command, nil, function(fault)
      if fault then
        notify.error(fault)
      end
    end)
  end)
end

--- Something listens, or the server is about to begin the next utterance.
---@return boolean
function M.is_listening()
  return utterances.speaking() ~= nil or hands_free.mode() ~= nil
end

--- Begins to listen, or to read a recording.
---@param file? string
---@return boolean begun
function M.start(file)
  if M.is_listening() then
    notify.info('already listening: :Dictate stop ends it')
    return false
  end
  local utterance = begin('starting', 'manual')
  if not utterance then
    return false
  end
  local realtime = nil
  if file then
    realtime = config.get().realtime_files
  end
  ask(utterance, 'dictate.start', { file = file, realtime = realtime })
  return true
end

--- Begins to listen until told to stop, one utterance after the other; or ends that.
---@param preset? 'vibe'
function M.toggle_hands_free(preset)
  local spoken = utterances.speaking()
  if hands_free.mode() or (spoken and spoken.mode ~= 'manual') then
    send('dictate.handsFree')
    return
  end
  local utterance = begin('starting', preset or 'handsFree')
  if utterance then
    ask(utterance, 'dictate.handsFree', { preset = preset })
  end
end

--- Ends the utterance that is being spoken; its text follows. A hands-free mode ends with it.
function M.stop()
  if M.is_listening() then
    send('dictate.stop')
  else
    notify.info('not listening')
  end
end

--- Throws away what is being spoken. A hands-free mode ends with it.
function M.cancel()
  if utterances.any() or hands_free.mode() then
    send('dictate.cancel')
  else
    notify.info('nothing to cancel')
  end
end

--- Brings the texts of the kept utterances to the cursor.
function M.retry()
  local utterance = begin('finishing', 'manual')
  if utterance then
    ask(utterance, 'dictate.retry', {})
  end
end

--- Deletes the kept utterances.
function M.discard()
  send('dictate.discard')
end

return M
