#include "store/outbox_table.hpp"

#include <algorithm>

namespace moor::store {

namespace {

constexpr const char* add_sql = "INSERT INTO outbox (t, kind, payload) VALUES (?1, ?2, ?3)";
constexpr const char* read_sql = "SELECT id, kind, t, payload FROM outbox WHERE id > ?1 ORDER BY id LIMIT ?2";
constexpr const char* delete_sql = "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE id <= ?1 ORDER BY id LIMIT ?2)";
constexpr const char* last_id_sql = "SELECT seq FROM sqlite_sequence WHERE name = 'outbox'";
constexpr const char* oldest_sql = "SELECT t FROM outbox WHERE id > ?1 ORDER BY id LIMIT 1";

int64_t signed_id(uint64_t id) {
  return static_cast<int64_t>(std::min<uint64_t>(id, INT64_MAX));
}
WallTime wall(int64_t micros) {
  return WallTime(std::chrono::microseconds(micros));
}

}  // namespace

OutboxTable::OutboxTable(sqlite::Database& database)
    : database_(database),
      add_(database, add_sql),
      read_(database, read_sql),
      delete_(database, delete_sql),
      last_id_(database, last_id_sql),
      oldest_(database, oldest_sql) {}

OutboxState OutboxTable::load() {
  std::vector<Position> positions;
  sqlite::Statement sinks(database_, "SELECT name, through FROM outbox_sinks ORDER BY name");
  while (sinks.step()) positions.push_back({sinks.text(0), static_cast<uint64_t>(sinks.integer(1))});
  OutboxState loaded = state(positions);
  loaded.positions = std::move(positions);
  return loaded;
}

void OutboxTable::check(const std::string& message) {
  if (message.size() < 2 || message.front() != '{' || message.back() != '}')
    throw sqlite::Failure("a message is no JSON object", sqlite::Trouble::bad_value);
}

void OutboxTable::add(std::string_view kind, int64_t t, int64_t row_id, const std::string& rest) {
  std::string payload = R"({"id":)" + std::to_string(row_id);
  if (rest.find_first_not_of(" \t\r\n", 1) != rest.size() - 1) payload += ',';
  payload.append(rest, 1);
  add_.run(t, kind, payload);
}

void OutboxTable::apply(const OutboxChanges& changes) {
  if (changes.write_positions) {
    database_.execute("DELETE FROM outbox_sinks");
    sqlite::Statement add(database_, "INSERT INTO outbox_sinks (name, through) VALUES (?1, ?2)");
    for (const Position& position : changes.positions) add.run(position.sink, signed_id(position.through));
  }
  delete_.run(signed_id(changes.delete_through), deleted_at_once);
}

OutboxState OutboxTable::state(const std::vector<Position>& positions) {
  OutboxState state;
  if (last_id_.bind().step()) state.last_id = static_cast<uint64_t>(last_id_.integer(0));
  last_id_.reset();
  for (const Position& position : positions) {
    auto& oldest = state.oldest[position.sink];
    if (oldest_.bind(signed_id(position.through)).step()) oldest = wall(oldest_.integer(0));
    oldest_.reset();
  }
  return state;
}

std::vector<OutboxMessage> OutboxTable::read(uint64_t after, size_t limit) {
  std::vector<OutboxMessage> messages;
  read_.bind(signed_id(after), signed_id(limit));
  while (read_.step())
    messages.push_back({.id = static_cast<uint64_t>(read_.integer(0)),
                        .kind = read_.text(1),
                        .time = wall(read_.integer(2)),
                        .payload = read_.text(3)});
  read_.reset();
  return messages;
}

}  // namespace moor::store
