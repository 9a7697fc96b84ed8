#include "customer.hpp"

#include "moor/advertisement.hpp"
#include "moor/ibeacon.hpp"

namespace demo_shop {
namespace {

using namespace std::chrono_literals;

constexpr double phone_power_at_1m_dbm = -59;
constexpr Duration interval = 300ms;
constexpr double least_body_db = 5;
constexpr double most_body_db = 15;

/// Apple's nearby message: type 10, length 5, status and flags, then a tag that means nothing without the owner's keys.
std::vector<uint8_t> apple_payload(Dice& dice) {
  std::array<uint8_t, 7> message = {0x10, 0x05, 0x03, 0x1C};
  std::ranges::copy(dice.bytes<3>(), message.begin() + 4);
  return moor::AdvertisementBuilder().flags(0x1A).manufacturer_data(moor::apple_company, message).bytes();
}

/// Service data of 0xFD6F: a proximity identifier of 16 bytes, and 4 of encrypted metadata.
std::vector<uint8_t> exposure_payload(Dice& dice) {
  const std::array services = {moor::Uuid(0xFD6F)};
  return moor::AdvertisementBuilder().service_uuids(services).service_data(services[0], dice.bytes<20>()).bytes();
}

}  // namespace

Customer::Customer(TimePoint arrival, Dice& dice)
    : phone_(dice.chance(0.6) ? Phone::apple : Phone::exposure),
      irk_(dice.bytes<16>()),
      speed_m_per_s_(dice.between(1.0, 1.4)),
      body_db_(dice.between(least_body_db, most_body_db)),
      legs_{{street, street, arrival, arrival, false}},
      channel_(phone_power_at_1m_dbm + dice.between(-2, 2)) {
  take_new_address(dice);
  walk_to(door, dice);
  const uint64_t wanted = 1 + dice.bits() % 3;
  for (uint64_t i = 0; i < wanted; ++i) {
    walk_to(shelves[dice.bits() % shelves.size()], dice);
    const Duration looking = moor::from_seconds(dice.between(12, 40));
    stay(looking, dice.chance(0.4));
  }
  if (dice.chance(0.7)) {
    const double side_m = dice.between(0.3, 0.5);
    walk_to({gateway.x - side_m, gateway.y - 0.2}, dice);
    stay(moor::from_seconds(dice.between(15, 30)), false);
  }
  walk_to(door, dice);
  walk_to(street, dice);
}

void Customer::play(TimePoint end, Dice& dice, Air& air) {
  const TimePoint begin = legs_.front().begin;
  const TimePoint gone = legs_.back().end;
  const TimePoint rotation = begin + moor::from_seconds(moor::to_seconds(gone - begin) * dice.between(0.3, 0.7));
  bool rotated = false;
  size_t leg = 0;
  for (TimePoint t = begin; t < std::min(gone, end); t += interval + moor::from_seconds(dice.between(0, 0.01))) {
    if (!rotated && t >= rotation) {
      take_new_address(dice);
      rotated = true;
    }
    while (legs_[leg].end <= t) ++leg;
    const Leg& now = legs_[leg];
    const double done = moor::to_seconds(t - now.begin) / moor::to_seconds(now.end - now.begin);
    const Place here = {now.from.x + done * (now.to.x - now.from.x), now.from.y + done * (now.to.y - now.from.y)};
    const double loss_db = walls_db(here) + (now.turned_away ? body_db_ : 0);
    air.send(t, address_, connectable, payload_, channel_, distance_m(here, gateway), loss_db);
  }
}

void Customer::walk_to(Place place, Dice& dice) {
  const Leg& before = legs_.back();
  // People stand beside each other, not in one spot.
  const Place spot = {place.x + dice.between(-0.1, 0.1), place.y + dice.between(-0.1, 0.1)};
  const Duration takes = moor::from_seconds(distance_m(before.to, spot) / speed_m_per_s_);
  const bool goes_away = distance_m(spot, gateway) > distance_m(before.to, gateway);
  legs_.push_back({before.to, spot, before.end, before.end + takes, goes_away});
}

void Customer::stay(Duration time, bool turned_away) {
  const Leg& before = legs_.back();
  legs_.push_back({before.to, before.to, before.end, before.end + time, turned_away});
}

void Customer::take_new_address(Dice& dice) {
  address_ = moor::make_resolvable(irk_, static_cast<uint32_t>(dice.bits()));
  payload_ = phone_ == Phone::apple ? apple_payload(dice) : exposure_payload(dice);
}

}  // namespace demo_shop
