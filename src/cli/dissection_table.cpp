#include "cli/dissection_table.hpp"

#include "beacon/beacon_fields.hpp"
#include "beacon/reading_fields.hpp"
#include "cli/terminal.hpp"
#include "report/dissection.hpp"

#include <fmt/format.h>

namespace moor::cli {

void print_dissection(Bytes payload, const DecodeContext& context) {
  Table table({{"AT", Table::Align::right},
               {"LENGTH", Table::Align::right},
               {"TYPE", Table::Align::left, 45},
               {"BYTES", Table::Align::left, 62},
               {"MEANING", Table::Align::left, 130}});
  for (const AdStructure& structure : AdvertisementData(payload))
    table.add({{fmt::format("{}", structure.offset)},
               {fmt::format("{}", structure.data.size() + 1)},
               {fmt::format("{:02x} {}", static_cast<uint8_t>(structure.type), type_name(structure.type))},
               {to_hex(structure.data), Colour::dim},
               {meaning_of(structure).value_or("")}});
  if (!table.empty()) table.print();
  if (const auto error = AdvertisementData(payload).error())
    print_line(paint(Colour::red, fmt::format("byte {}: {}", error->offset, error->what)));
  Decoded decoded;
  decode(AdvertisementData(payload), context, decoded);
  for (const BeaconFrame& frame : decoded.frames()) print_line(paint(Colour::bold, summary_of(frame)));
  if (const std::string words = words_of(decoded); decoded.frames().empty() && !words.empty())
    print_line(paint(Colour::bold, words));
}

}  // namespace moor::cli
