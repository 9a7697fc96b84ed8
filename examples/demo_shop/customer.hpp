#pragma once
// A customer: comes from the street, stands at some shelves, pays at the counter or not, and goes; with a phone that advertises under an
// address that changes on the way.

#include "moor/irk.hpp"
#include "shop.hpp"

namespace demo_shop {

class Customer {
public:
  /// @param arrival  when the customer comes into view.
  Customer(TimePoint arrival, Dice& dice);

  void play(TimePoint end, Dice& dice, Air& air);

private:
  struct Leg {
    Place from;
    Place to;
    TimePoint begin;
    TimePoint end;
    bool turned_away;  ///< the body is between the phone and the gateway
  };
  enum class Phone : uint8_t { apple, exposure };

  void walk_to(Place place, Dice& dice);
  void stay(Duration time, bool turned_away);
  void take_new_address(Dice& dice);

  Phone phone_;
  moor::Irk irk_;
  double speed_m_per_s_;
  double body_db_;
  std::vector<Leg> legs_;
  moor::Address address_;
  std::vector<uint8_t> payload_;
  Channel channel_;
};

}  // namespace demo_shop
