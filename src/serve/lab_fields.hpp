#pragma once
// Fields of an object that a client has sent, checked. Null counts as not given.

#include <boost/json/object.hpp>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moor::serve {

/// Refers to the object. All its functions throw http::Refusal with status 400 that names the field and what it may be.
class LabFields {
public:
  /// @param known  the fields that may be there: a mistyped one would be as if it were not.
  LabFields(const boost::json::object& object, std::initializer_list<std::string_view> known);

  [[nodiscard]] std::optional<double> number(std::string_view name, double least, double most) const;
  /// A whole number.
  [[nodiscard]] std::optional<int> integer(std::string_view name, int least, int most) const;
  [[nodiscard]] std::optional<std::string> text(std::string_view name, size_t most_bytes) const;
  [[nodiscard]] bool flag(std::string_view name) const;  ///< false where it is not given
  [[nodiscard]] const boost::json::array* array(std::string_view name,
                                                size_t most_elements) const;  ///< null where it is not given
  [[nodiscard]] std::vector<std::string> texts(std::string_view name, size_t most_elements, size_t most_bytes) const;

private:
  [[nodiscard]] const boost::json::value* find(std::string_view name) const;

  const boost::json::object& object_;
};

/// A number within its range. @param what  names it in the refusal.
[[nodiscard]] double lab_number(const boost::json::value& value, std::string_view what, double least, double most);

}  // namespace moor::serve
