-- The server's view of the buffers that are dictated into.
--
-- Neovim's own text synchronisation would attach the client to the buffer, which runs everybody's
-- LspAttach mappings in every text, and it gives all unnamed buffers one and the same URI. So the
-- plugin tells the server itself: didOpen at the first dictation into a buffer, exact changes after
-- that, didClose when the buffer is unloaded. The version is the buffer's changedtick.

local difference = require('dictate.difference')
local position = require('dictate.position')

-- Comparing a splice costs a pass over the changed rows; in larger changes its exactness gains nothing.
local SPLICE_ROWS = 100

---@class dictate.Document
---@field buffer integer
---@field uri string
---@field encoding 'utf-8'|'utf-16'|'utf-32' in which the server counts columns
---@field language_id string
---@field version integer the last that the server was told
---@field lines string[] the text that the server knows
---@field splice? dictate.Splice
---@field splices integer reported since the last change that was sent
---@field stale boolean the buffer is being read again: positions mean nothing until it was sent

---@class dictate.Wire
---@field encoding 'utf-8'|'utf-16'|'utf-32'
---@field notify fun(method: string, parameters: table)

local M = {}

---@type table<integer, dictate.Document>
local documents = {}
---@type dictate.Wire?
local wire
---@type fun(buffer: integer)[]
local watchers = {}

---@param buffer integer
---@return string
local function uri_of(buffer)
  if vim.api.nvim_buf_get_name(buffer) == '' then
    return 'untitled:Untitled-' .. buffer
  end
  return vim.uri_from_bufnr(buffer)
end

---@param buffer integer
---@return string
local function language_of(buffer)
  local filetype = vim.bo[buffer].filetype
  return filetype == '' and 'plaintext' or filetype
end

-- A line break ends every line, also the last: then any whole row can be inserted and deleted alike.
---@param lines string[]
---@return string
local function full_text(lines)
  return table.concat(lines, '\n') .. '\n'
end

---@param document dictate.Document
local function send_open(document)
  assert(wire).notify('textDocument/didOpen', {
    textDocument = {
      uri = document.uri,
      languageId = document.language_id,
      version = document.version,
      text = full_text(document.lines),
    },
  })
end

---@param document dictate.Document
local function send_close(document)
  if wire then
    wire.notify('textDocument/didClose', { textDocument = { uri = document.uri } })
  end
end

---@param document dictate.Document
---@param change table
local function send_change(document, change)
  assert(wire).notify('textDocument/didChange', {
    textDocument = { uri = document.uri, version = document.version },
    contentChanges = { change },
  })
  for _, watcher in ipairs(watchers) do
    watcher(document.buffer)
  end
end

--- Calls `watcher` whenever the server was told of a change.
---@param watcher fun(buffer: integer)
function M.when_changed(watcher)
  table.insert(watchers, watcher)
end

---@param document dictate.Document
local function send_everything(document)
  document.lines = vim.api.nvim_buf_get_lines(document.buffer, 0, -1, false)
  document.version = vim.api.nvim_buf_get_changedtick(document.buffer)
  document.stale = false
  send_change(document, { text = full_text(document.lines) })
end

---@param document dictate.Document
---@param row integer
---@param column integer
---@return dictate.lsp.Position
local function to_lsp(document, row, column)
  local line = document.lines[row + 1] or ''
  return { line = row, character = position.to_character(line, column, document.encoding) }
end

---@param document dictate.Document
---@param first integer
---@param old_last integer exclusive
---@param new string[]
local function replace_rows(document, first, old_last, new)
  local lines = document.lines
  if #new == old_last - first then
    for index, line in ipairs(new) do
      lines[first + index] = line
    end
    return
  end
  local result = vim.list_slice(lines, 1, first)
  vim.list_extend(result, new)
  vim.list_extend(result, lines, old_last + 1, #lines)
  document.lines = result
end

---@param document dictate.Document
---@param tick integer
---@param first integer
---@param old_last integer exclusive
---@param new_last integer exclusive
local function on_lines(document, tick, first, old_last, new_last)
  local splice, splices = document.splice, document.splices
  document.splice, document.splices = nil, 0
  if document.stale then
    return
  end
  local old = vim.list_slice(document.lines, first + 1, old_last)
  local new = vim.api.nvim_buf_get_lines(document.buffer, first, new_last, false)
  local count = #document.lines - #old + #new
  if count == 0 or count ~= vim.api.nvim_buf_line_count(document.buffer) then
    send_everything(document)
    return
  end
  local change
  if splices == 1 and splice and #old <= SPLICE_ROWS and #new <= SPLICE_ROWS then
    change = difference.from_splice(old, new, first, splice)
  end
  change = change or difference.between(old, new, first)
  document.version = tick
  if not change then
    -- A change of nothing still carries the version.
    change = { start_row = first, start_column = 0, end_row = first, end_column = 0, text = '' }
  end
  local range = {
    start = to_lsp(document, change.start_row, change.start_column),
    ['end'] = to_lsp(document, change.end_row, change.end_column),
  }
  replace_rows(document, first, old_last, new)
  send_change(document, { range = range, text = change.text })
end

---@param document dictate.Document
local function watch(document)
  local function gone()
    return documents[document.buffer] ~= document
  end
  -- `:edit!` and a change on the disk unload the text and read it again, which is one large change; a
  -- buffer that does not come back, or comes back as another file, is closed.
  local function unloaded(watched)
    document.stale = true
    vim.schedule(function()
      if gone() then
        return
      end
      local back = vim.api.nvim_buf_is_loaded(document.buffer)
        and uri_of(document.buffer) == document.uri
      if not back then
        documents[document.buffer] = nil
        send_close(document)
        return
      end
      send_everything(document)
      if not watched then
        watch(document)
      end
    end)
  end
  vim.api.nvim_buf_attach(document.buffer, false, {
    on_bytes = function(_, _, _, row, column, _, old_rows, old_column, _, new_rows, new_column)
      if gone() then
        return true
      end
      document.splices = document.splices + 1
      document.splice = {
        start_row = row,
        start_column = column,
        old_end_row = row + old_rows,
        old_end_column = (old_rows == 0 and column or 0) + old_column,
        new_end_row = row + new_rows,
        new_end_column = (new_rows == 0 and column or 0) + new_column,
      }
    end,
    on_lines = function(_, _, tick, first, old_last, new_last)
      if gone() then
        return true
      end
      on_lines(document, tick, first, old_last, new_last)
    end,
    on_reload = function()
      unloaded(true)
    end,
    on_detach = function()
      unloaded(false)
    end,
  })
end

--- Names the server that is told from now on; it knows no document yet.
---@param new_wire dictate.Wire?
function M.connect(new_wire)
  wire = new_wire
  documents = {}
end

--- Makes sure that the server knows the buffer as it stands now.
---@param buffer integer
---@param busy boolean an utterance is on its way to it, under the URI that it has
---@return dictate.Document
function M.open(buffer, busy)
  local document = documents[buffer]
  if document then
    local same = document.uri == uri_of(buffer) and document.language_id == language_of(buffer)
    if same or busy then
      return document
    end
    send_close(document)
  end
  document = {
    buffer = buffer,
    uri = uri_of(buffer),
    encoding = assert(wire).encoding,
    language_id = language_of(buffer),
    version = vim.api.nvim_buf_get_changedtick(buffer),
    lines = vim.api.nvim_buf_get_lines(buffer, 0, -1, false),
    splices = 0,
    stale = false,
  }
  documents[buffer] = document
  send_open(document)
  watch(document)
  return document
end

--- What the server knows of the buffer.
---@param buffer integer
---@return dictate.Document? nil nothing
function M.of(buffer)
  return documents[buffer]
end

---@param uri string
---@return dictate.Document?
function M.find(uri)
  for _, document in pairs(documents) do
    if document.uri == uri then
      return document
    end
  end
end

---@param document dictate.Document
---@param row integer 0-based
---@param column integer bytes
---@return dictate.lsp.Position
function M.position(document, row, column)
  return to_lsp(document, row, column)
end

return M
