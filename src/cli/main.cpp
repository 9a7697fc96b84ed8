#include "cli/commands.hpp"
#include "cli/exit_status.hpp"

int main(int argc, char** argv) {
  using namespace moor::cli;
  Commands commands;
  commands.push_back(make_scan());
  commands.push_back(make_beacons());
  commands.push_back(make_track());
  commands.push_back(make_record());
  commands.push_back(make_explore());
  commands.push_back(make_read());
  commands.push_back(make_write());
  commands.push_back(make_notify());
  commands.push_back(make_monitor());
  commands.push_back(make_pair());
  commands.push_back(make_unpair());
  commands.push_back(make_lookup());
  commands.push_back(make_decode());
  commands.push_back(make_encode());
  commands.push_back(make_power());
  commands.push_back(make_radios());
  commands.push_back(make_doctor());
  commands.push_back(make_gateway());
  commands.push_back(make_query());
  commands.push_back(make_proxy());
  commands.push_back(make_sim());
  commands.push_back(make_completion(commands));
  commands.push_back(make_man(commands));
  try {
    const auto parsed = parse(argc, argv, commands);
    if (const int* status = std::get_if<int>(&parsed)) return *status;
    return std::get<Command*>(parsed)->run();
  } catch (...) {
    return report(std::current_exception());
  }
}
