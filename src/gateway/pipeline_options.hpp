#pragma once
// From the configuration to the pipeline's options.

#include "gateway/places.hpp"
#include "moor/pipeline.hpp"

namespace moor {

[[nodiscard]] PipelineOptions pipeline_options(const GatewayConfig& config, const Places& places, KeyRing& keys,
                                               std::function<VisitorId(const Address&, TimePoint)> visitor_of);

}  // namespace moor
