-- What mappings, statuslines and other plugins may call.

local M = {}

--- Optional: the same options as in `vim.g.dictate`, over which they take precedence.
---@param options? table
function M.setup(options)
  require('dictate.config').set(options)
  -- A server that runs learns of new settings; a server that does not is not started for them.
  local client = package.loaded['dictate.client']
  if client then
    client.tell_settings()
  end
end

--- Starts listening, or ends the utterance that is being spoken.
function M.toggle()
  local session = require('dictate.session')
  if session.is_listening() then
    session.stop()
  else
    session.start()
  end
end

function M.start()
  require('dictate.session').start()
end

function M.stop()
  require('dictate.session').stop()
end

function M.cancel()
  require('dictate.session').cancel()
end

--- Begins to listen hands-free, or ends that: the server begins one utterance after the other.
function M.hands_free()
  require('dictate.session').toggle_hands_free()
end

--- The same for speaking to a model: what is said is written as prose.
function M.vibe()
  require('dictate.session').toggle_hands_free('vibe')
end

--- Swaps the last text for what was heard, and back.
function M.raw()
  require('dictate.proofing').raw()
end

--- Lets the user choose another text instead of the last one.
function M.alternatives()
  require('dictate.proofing').alternatives()
end

--- Lets the user choose one of the last dictations, which is inserted at the cursor.
---@param register? string it goes there instead
function M.history(register)
  require('dictate.history').run(register)
end

--- Chooses how what is said is written, or shows it.
---@param name? dictate.WritingMode
function M.mode(name)
  require('dictate.writing_mode').run(name)
end

---@return dictate.State
function M.state()
  local utterances = package.loaded['dictate.utterances']
  local utterance = utterances and utterances.current()
  return utterance and utterance.state or 'idle'
end

--- For 'statusline'; loads nothing before the first use.
---@return string
function M.statusline()
  if not package.loaded['dictate.client'] then
    return ''
  end
  return require('dictate.statusline').text()
end

return M
